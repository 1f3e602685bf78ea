"""What watches a room: each protection is one small file with its settings and one function.

`PROTECTIONS` lists them by name. Settings are `msgspec` structs whose fields carry a description
and bounds: the text of ``!set``, the command's help and the page in the docs are made from them.
"""
