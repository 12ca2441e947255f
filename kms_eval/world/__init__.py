"""What exists, and who asks what of it: accounts, principals, keys, an organization, endpoints, requests.

Comes in: scenario values and the documents they name. Goes out: frozen objects in which every name is resolved.
Never here: the meaning of a layer, and a verdict.
"""
