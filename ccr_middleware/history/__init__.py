"""What became of the last requests: in memory, and in a database where there is a folder for it.

`record` is one call, `history.History` keeps and finds them, `bodies` collects what was said, `prices` what it cost.
"""
