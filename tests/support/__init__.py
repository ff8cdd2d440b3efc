"""What the tests share: a strict checker, scripted providers, an ASGI driver, recorded traffic."""
