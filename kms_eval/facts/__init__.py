"""What AWS publishes about KMS and IAM, as rows with their source and the date when it was read.

Comes in: nothing. Goes out: tables of actions, condition keys, services and key states.
Never here: logic beyond a lookup, and a row without its source.
"""
