"""Snapshots of accounts: read-only calls to AWS, and their responses in a folder.

Comes in: credentials that boto3 finds by itself. Goes out: a folder of responses that is a source. Never here: what
responses mean. This is the only room that uses the network, and only while `kms-eval pull` runs.
"""
