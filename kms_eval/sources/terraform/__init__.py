"""Terraform and OpenTofu: what a plan or a state says about keys, aliases, grants, principals and policies.

Comes in: the JSON that `terraform show -json` prints, or a state file. Goes out: the raw structure of a scenario, with
`Unknown` where a value is known only after apply or marked sensitive. Never here: HCL, providers, the network.
https://developer.hashicorp.com/terraform/internals/json-format
"""
