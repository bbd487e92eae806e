"""Items in files: the reader, the import and its preview, the writers, and the API's export.

`reader` takes a stream of bytes and gives rows, so that an upload can use it as the command does:
`unpacking`, `encodings` and `lines` make text of bytes, `separators`, `columns`, `decimals` and
`tables` make rows of cells, and `sheets` gives the cells of a spreadsheet. What the commands ask
and print stays with the commands.
"""
