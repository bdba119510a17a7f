"""What befalls photos, disks and processes, tried on pixrestore again and again.

`python -m torture --help`, in the folder `tests`, says what can be tried. Every case follows from
the seed and its number, so that it can be tried once more by itself.
"""
