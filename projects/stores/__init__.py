"""Blob stores behind one small port: `ObjectStore`, for local disk, Azure Blob, S3-compatible stores and GCS."""
