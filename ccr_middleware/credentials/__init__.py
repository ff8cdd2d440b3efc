"""Credentials that have to be fetched: Google's access tokens. A key from the configuration needs none of this."""
