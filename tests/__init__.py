"""The tests of ccr_middleware."""
