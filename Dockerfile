# trustdelta on a CPU or against servers: docker build -t trustdelta . && docker run --rm -v "$PWD:/work" trustdelta --help
# A GPU image starts from a CUDA base: docker build --build-arg BASE=... --build-arg TORCH_INDEX=https://pypi.org/simple .
ARG BASE=python:3.11-slim
FROM ${BASE}
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# torch first, since a range of another package may install gigabytes of CUDA.
RUN python -m pip install --index-url "$TORCH_INDEX" torch==2.13.0
COPY constraints.txt pyproject.toml README.md LICENSE /source/
COPY src /source/src
RUN python -m pip install --constraint /source/constraints.txt "/source[local,endpoint,tables,judges,math]"
RUN useradd --create-home auditor && mkdir /work && chown auditor /work
USER auditor
WORKDIR /work
ENTRYPOINT ["trustdelta"]
CMD ["--help"]
