"""Service principals: the suffixes of their names, and the names that are common in key policies and grants.

Comes in: nothing. Goes out: names. Never here: which of them call AWS KMS, and for whom.

AWS publishes no list, and adds services at any time: a name that is missing here may be right. A name that is almost
one of these, but not equal to any, is taken for a typing error.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services
"""

from __future__ import annotations

from typing import Final

from kms_eval.facts.services import VIA_SERVICES

SERVICE_SUFFIXES: Final = (".amazonaws.com", ".amazonaws.com.cn", ".aws.internal", ".amazon.com", ".amazonaws.eu")

OPT_IN_REGIONS: Final = frozenset(
    {
        *("af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5"),
        *("ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1"),
        *("me-central-1", "me-south-1", "mx-central-1"),
    }
)
"""Regions whose services have the Region in the principal with which they call into other Regions (semantics P6)."""

SERVICE_NAMES: Final = frozenset(
    {
        *VIA_SERVICES,
        *("access-analyzer", "account", "accountdiscovery.ssm", "acm", "acm-pca", "agentless.inspector2"),
        *("airflow-env", "amplify", "apigateway", "app-integrations", "appconfig", "application-autoscaling"),
        *("application-insights", "appmesh", "apprunner.build", "apprunner.tasks", "appstream", "appsync", "aps"),
        *("arc-zonal-shift", "artifact", "autoscaling", "autoscaling-plans", "batch", "bcm-data-exports"),
        *("bedrock-agentcore", "billing", "billingconductor", "billingconsole", "braket", "budgets"),
        *("cassandra.application-autoscaling", "ce", "channels.lexv2", "chatbot", "chime", "cleanrooms", "cloud9"),
        *("cloudformation", "cloudfront", "cloudhsm", "cloudsearch", "cloudtrail", "cloudwatch"),
        *("cloudwatch-crossaccount", "codebuild", "codecommit", "codeconnections", "codedeploy", "codeguru-profiler"),
        *("codepipeline", "codestar", "codestar-connections", "codestar-notifications", "codewhisperer"),
        *("cognito-identity", "cognito-idp", "compute-optimizer", "config", "config-conforms"),
        *("evs", "macie2", "oam", "sso-oidc", "tax"),
        *("config-multiaccountsetup", "connect-campaigns", "continuousexport.discovery", "controltower"),
        *("cost-optimization-hub", "costalerts", "custom-resource.application-autoscaling", "databrew"),
        *("dataexchange", "datapipeline", "datasync", "datazone", "deadline", "delivery.logs", "detective"),
        *("devicefarm", "devops-guru", "directconnect", "discovery", "dlm", "drs", "ds"),
        *("dynamodb.application-autoscaling", "ebs", "ec2-instance-connect", "ec2.application-autoscaling"),
        *("ec2fleet", "ec2scheduled", "ecs", "ecs-tasks", "ecs.application-autoscaling", "edgelambda", "eks"),
        *("eks-connector", "eks-fargate", "eks-fargate-pods", "eks-local-outpost", "eks-nodegroup"),
        *("elasticbeanstalk", "elasticloadbalancing", "elasticmapreduce", "elastictranscoder", "email"),
        *("email.cognito-idp", "emr-containers", "emr-serverless", "evidently", "export.rds", "fis", "fms"),
        *("frauddetector", "gamelift", "gamelift-maes", "globalaccelerator", "grafana", "greengrass", "guardduty"),
        *("health", "honeycode", "iam", "imagebuilder", "inspector", "inspector2", "internetmonitor", "iot"),
        *("iotanalytics", "iotevents", "iotfleethub", "iotfleetwise", "iotthingsgraph", "iottwinmaker"),
        *("iotwireless", "ivs", "ivschat", "kafkaconnect", "kinesisanalytics", "lakeformation"),
        *("lambda.application-autoscaling", "launchwizard", "lexv2", "license-manager.member-account", "lightsail"),
        *("logger.cloudfront", "logs", "machinelearning", "maintenance.s3tables"),
        *("malware-protection-plan.guardduty", "malware-protection.guardduty", "managedservices", "mediaconnect"),
        *("mediaconvert", "medialive", "mediapackage", "mediapackagev2", "mediastore"),
        *("member.org.stacksets.cloudformation", "metering-marketplace", "migrationhub", "monitoring"),
        *("monitoring.rds", "mwaa", "neptune-graph", "network-firewall", "networkflowmonitor", "networkmanager"),
        *("networkmonitor", "notifications", "opensearchservice", "ops.apigateway", "opsdatasync.ssm"),
        *("opsinsights.ssm", "opsworks", "opsworks-cm", "organizations", "osis", "osis-pipelines", "outposts"),
        *("panorama", "payment-cryptography", "pca-connector-ad", "pca-connector-scep", "pcs", "personalize"),
        *("pinpoint", "pipes", "polly", "pricing", "pullthroughcache.ecr", "purchaseorders", "q.apps", "qapps"),
        *("qbusiness", "qdeveloper", "quicksight", "ram", "refactor-spaces", "replication.dynamodb"),
        *("replication.ecr", "replicator.lambda", "reporting.trustedadvisor", "repostspace", "resiliencehub"),
        *("resource-explorer-2", "resource-groups", "robomaker", "rolesanywhere", "route53", "route53domains"),
        *("route53resolver", "rum", "s3-outposts", "scheduler", "schemas", "securityhub", "serverlessrepo"),
        *("servicecatalog", "servicecatalog-appregistry", "servicediscovery", "servicequotas", "shield", "signer"),
        *("signin", "sms", "sms-voice", "social-messaging", "spot", "spotfleet", "ssm-quicksetup", "ssmincidents"),
        *("stacksets.cloudformation", "storage-lens.s3", "streams.metrics.cloudwatch", "sts", "support"),
        *("supportapp", "supportplans", "swf", "synthetics", "tagpolicies.tag", "textract", "timestream-influxdb"),
        *("tnb", "transcribe", "transcribe.streaming", "transfer", "transitgateway", "trustedadvisor"),
        *("user-subscriptions", "verifiedpermissions", "vm", "vmie", "voiceid", "vpc-flow-logs", "vpc-lattice"),
        *("waf", "wafv2", "wellarchitected", "workdocs", "worklink"),
    }
)
"""The part of a service principal before the suffix, without a Region."""
