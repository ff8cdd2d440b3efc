"""The plugin `token-speed`: how fast answers come, told to the log, a file for the status line, or a web address."""
