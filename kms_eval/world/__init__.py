"""What exists and who makes which request: accounts, principals, keys, an organization, endpoints, requests.

Comes in: scenario values and the documents they name. Goes out: frozen objects in which every name is resolved.
Never here: what a layer means, and decisions.
"""
