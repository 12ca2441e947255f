"""Turns what other tools write into the raw documents of a scenario.

Comes in: raw documents (from `formats`) that are AWS responses, Terraform plans and states, CloudFormation templates.
Goes out: the same raw structure that a scenario file has, with a place for every value; what a source says exists but
cannot show is an `Unknown`. Never here: the meaning of a policy, building a world, deciding, the network.
"""
