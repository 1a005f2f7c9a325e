"""Lists of images that datasets are made of: MLTable folders, JSONL, COCO and CSV.

`requesting` holds what people can do and `looking` what the job does: it reads the file by the readers of `importing`, takes
every image for a key of the datastore (`resolving`), and keeps the keys in order (`sorting`) where ingest finds them.
`labels` brings what else the file says into the projects that use the dataset.
"""
