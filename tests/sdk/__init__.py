"""The real `anthropic` SDK against a running gateway: `check.py` is the program, `plays` its scripted provider."""
