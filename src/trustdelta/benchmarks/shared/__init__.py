"""Common parts of benchmarks: reading rows, sampling, options, few-shot prompts."""
