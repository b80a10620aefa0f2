"""Tags that only the whole shows or that a model gives, laid over those that rules gave part by part."""
