"""Calls of models: a request and its response, in the shape of each provider's API → one conversation.

Every provider's bodies have a module here (`chat`, `responses`, `anthropic`, `gemini`, `converse`, `text`),
`stream` puts recorded streams together again, `dialect` says which of them a response is in. Must not know
files or formats of logs: those find the two bodies and hand them over. Start at `call`.
"""
