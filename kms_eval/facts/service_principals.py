"""Service principals: which endings their names have, and the names that key policies and grants commonly have.

Comes in: nothing. Goes out: names. Never here: which of them call AWS KMS, and for whom.

AWS publishes no list, and adds services at any time: a name that is missing here may be right. What is nearly one of
these names, and is none of them, is a typing error.
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
"""Regions whose services go by a name with the Region in it when they call into other Regions (semantics P6)."""

SERVICE_NAMES: Final = frozenset(
    {
        *VIA_SERVICES,
        *("access-analyzer", "acm", "acm-pca", "amplify", "apigateway", "appconfig", "application-autoscaling"),
        *("appstream", "appsync", "apprunner.build", "apprunner.tasks", "autoscaling", "batch", "billing"),
        *("billingconsole", "braket", "budgets", "cassandra.application-autoscaling", "ce", "chime", "cloud9"),
        *("cloudformation", "cloudfront", "cloudhsm", "cloudsearch", "cloudtrail", "cloudwatch", "codebuild"),
        *("codecommit", "codedeploy", "codepipeline", "codestar", "codestar-notifications", "cognito-idp"),
        *("cognito-identity", "compute-optimizer", "config", "config-multiaccountsetup", "controltower"),
        *("costalerts", "custom-resource.application-autoscaling", "databrew", "datapipeline", "datasync", "datazone"),
        *("dax", "delivery.logs", "detective", "devops-guru", "directoryservice", "dlm", "dms", "ds"),
        *("dynamodb.application-autoscaling", "ebs", "ec2.application-autoscaling", "ec2fleet", "ec2scheduled"),
        *("ecs", "ecs-tasks", "ecs.application-autoscaling", "edgelambda", "eks", "eks-fargate", "eks-fargate-pods"),
        *("eks-nodegroup", "elasticbeanstalk", "elasticloadbalancing", "elasticmapreduce", "email", "emr-containers"),
        *("emr-serverless", "evidently", "export.rds", "firehose", "fis", "fms", "gamelift", "gamelift-maes"),
        *("globalaccelerator", "grafana", "greengrass", "guardduty", "health", "honeycode", "iam", "imagebuilder"),
        *("inspector", "inspector2", "internetmonitor", "iot", "iotanalytics", "iotevents", "ivs", "kinesisanalytics"),
        *("lakeformation", "lambda.application-autoscaling", "lightsail", "logs", "mediaconvert", "mediapackage"),
        *("mediastore", "member.org.stacksets.cloudformation", "monitoring", "monitoring.rds", "mwaa", "airflow-env"),
        *("network-firewall", "networkmanager", "opensearchservice", "opsworks", "ops.apigateway", "organizations"),
        *("osis", "osis-pipelines", "pinpoint", "pipes", "polly", "pricing", "q.apps", "qbusiness", "quicksight"),
        *("ram", "replicator.lambda", "resource-explorer-2", "resource-groups", "robomaker", "rolesanywhere"),
        *(
            "route53",
            "route53resolver",
            "rum",
            "scheduler",
            "schemas",
            "secretsmanager",
            "securityhub",
            "serverlessrepo",
        ),
        *("servicecatalog", "servicediscovery", "shield", "signer", "signin", "sms", "sms-voice", "spot", "spotfleet"),
        *("ssm-quicksetup", "ssmincidents", "sso", "stacksets.cloudformation", "streams.metrics.cloudwatch"),
        *("support", "swf", "synthetics", "tagpolicies.tag", "textract", "transcribe", "transfer", "transitgateway"),
        *("trustedadvisor", "vm", "vmie", "vpc-flow-logs", "vpc-lattice", "waf", "wafv2", "workdocs", "worklink"),
    }
)
"""What comes before the ending, without a Region."""
