"""The networks: from an image to confidence maps and affinity fields, stage by stage.

``zoo`` has them by name, ``weights`` reads the files they come in, and each other module is one network.
"""
