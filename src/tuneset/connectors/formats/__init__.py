"""The log formats, a file each: `recognises` says by which keys, `parse` makes an example of a record."""
