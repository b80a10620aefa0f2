"""One file per container: bytes in, batches of records out. What a record means is not known here."""
