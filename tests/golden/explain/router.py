"""The custom router of a situation: translations go to Gemini."""


def route(request, config):
    """The target of a request, None for what the rules choose."""
    text = str(request["body"]["messages"])
    return "gemini,gemini-2.5-pro" if "Translate" in text else None
