"""Log files: JSON lines in pino's field names, without secrets, written beside the event loop and read from their end.

`handler.LogFile` writes, `files.LogFiles` finds and reads, `redaction.Redactor` masks, `lines.JsonLines` formats.
"""
