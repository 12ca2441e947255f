"""CloudFormation, SAM and CDK: what a template says about keys, aliases, principals, policies and endpoints.

Comes in: templates and cloud assemblies. Goes out: the raw structure of a scenario, with `Unknown` where only a stack
can tell. Never here: stacks that exist, the network. cfn-lint (extra `cfn`) reads short tags and expands SAM.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-reference.html
"""
