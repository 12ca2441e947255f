"""Turns AWS's responses, one or thousands of them, into the raw structure of a scenario.

Comes in: documents of the AWS CLI or boto3, in files and folders. Goes out: one `Raw` for all of them, as they complete
one another. Never here: calling AWS, merging with sources of other kinds, what policies mean.
"""
