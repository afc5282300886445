"""trustdelta inside the programs that people already run: trainers, pytest, Inspect. Each file is one of them."""
