"""Guard and judge models: one file each, with the prompt and output format of the model card."""
