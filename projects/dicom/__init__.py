"""DICOM files as pictures: what their headers say of the pixels, the pixels' values, and how those become grey.

Only what this package names is ever read out of a file. Names, numbers and dates of people are not among it.
"""
