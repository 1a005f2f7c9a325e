"""Labels that come in as files.

`requesting` holds what people can do; `checking`, `applying` and `undoing` what the jobs do. Between them a file goes through
`detecting` (its format), `reading` (images with annotations), `matching` (which images of the project these are) and
`converting` (annotation documents of the project's task type).
"""
