"""What several benchmarks share: reading rows, sampling, options, few-shot prompts. No benchmark lives here."""
