"""Runs the state machines of docs/examples/vending-pipeline.yaml with the outcome events of events/outcome.

moto interprets the state machines and provides DynamoDB and EventBridge. Usage: pipeline_example.py
"""

import copy
import itertools
import json
import logging
import os
import pathlib
import sys
import time

import boto3
import yaml
from moto import mock_aws

ROOT = pathlib.Path(__file__).parents[2]
REGION, ACCOUNT = "us-east-1", "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/example"
# Seconds that an execution may take. Each usually takes less than one.
DEADLINE = 60
# The outcome that an execution ends with, for each sample in events/outcome that the rule of the example matches.
EXPECTED = {
    "registered-created": ("SUCCEEDED", None),
    "registered-unchanged": ("SUCCEEDED", None),
    "updated": ("SUCCEEDED", None),
    "removed": ("SUCCEEDED", None),
    "removed-absent": ("SUCCEEDED", None),
    "rejected-failed-check": ("FAILED", "Gangway.Rejected"),
    "rejected-invalid-members": ("FAILED", "Gangway.Rejected"),
    "rejected-vended-account": ("FAILED", "Gangway.Rejected"),
    "offboarding-requested": ("FAILED", "Gangway.NotRemoved"),
}


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as their arguments: only `!Sub` and `!Ref` matter here."""


Loader.add_multi_constructor("!", lambda loader, _suffix, node: (
    loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode)
    else loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode)
    else loader.construct_mapping(node, deep=True)))


def wait_until(what, condition):
    """Returns the first result of `condition` that is not None."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if (result := condition()) is not None:
            return result
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {DEADLINE} seconds")


class Pipeline:
    """The resources of the example, created in moto."""

    def __init__(self, timeout_seconds):
        resources = yaml.load((ROOT / "docs/examples/vending-pipeline.yaml").read_text(), Loader)["Resources"]
        clients = {name: boto3.client(name, region_name=REGION) for name in ("stepfunctions", "dynamodb", "events")}
        self.states, self.dynamodb = clients["stepfunctions"], clients["dynamodb"]
        self.rule = resources["Outcomes"]["Properties"]["EventPattern"]
        self.serial = itertools.count()
        bus = clients["events"].create_event_bus(Name=f"gangway-{timeout_seconds}")["EventBusArn"]
        self.table = f"waiting-{timeout_seconds}"
        table = {name: value for name, value in resources["Waiting"]["Properties"].items()
                 if name in ("BillingMode", "AttributeDefinitions", "KeySchema")}
        self.dynamodb.create_table(TableName=self.table, **table)
        values = {"AWS::Partition": "aws", "GangwayBusArn": bus, "EventSource": "com.example.vending",
                  "Waiting": self.table, "TimeoutSeconds": str(timeout_seconds)}
        self.machines = {}
        for name in ("Pipeline", "Answer"):
            definition = resources[name]["Properties"]["DefinitionString"]
            for key, value in values.items():
                definition = definition.replace("${" + key + "}", value)
            assert "${" not in definition, definition
            definition = json.loads(definition)
            for state in definition["States"].values():
                # The second look at the table need not be ten seconds later.
                if state["Type"] == "Wait":
                    state["Seconds"] = 1
                # Step Functions writes the names of parameters in Pascal case. moto gives them to boto3 as they are.
                if state.get("Resource", "").endswith(":sfn:sendTaskSuccess"):
                    state["Parameters"] = {name[0].lower() + name[1:]: value
                                           for name, value in state["Parameters"].items()}
            self.machines[name] = self.states.create_state_machine(
                name=f"{name}-{timeout_seconds}", definition=json.dumps(definition), roleArn=ROLE)["stateMachineArn"]

    def start(self, machine, payload):
        """Starts an execution and returns its ARN."""
        return self.states.start_execution(
            stateMachineArn=self.machines[machine], name=f"run-{next(self.serial)}", input=json.dumps(payload)
        )["executionArn"]

    def end(self, execution):
        """Waits for the end of an execution and returns its description."""
        def ended():
            described = self.states.describe_execution(executionArn=execution)
            return described if described["status"] != "RUNNING" else None
        return wait_until(execution, ended)

    def waiting(self):
        """Returns the items of the table."""
        return self.dynamodb.scan(TableName=self.table)["Items"]

    def ask(self, account):
        """Starts the pipeline and waits for its task token. Returns the execution and the id of the event."""
        before = {item["correlationId"]["S"] for item in self.waiting()}
        execution = self.start("Pipeline", {
            "detailType": "AWS Account Vended",
            "detail": {"schemaVersion": "1", "action": "onboard", "accountId": account},
        })
        def new_item():
            ids = {item["correlationId"]["S"] for item in self.waiting()} - before
            return ids.pop() if ids else None
        return execution, wait_until("task token", new_item)


def sample(name):
    return json.loads((ROOT / f"events/outcome/{name}.json").read_text())


def outcome(name, correlation_id):
    """Returns a sample event as the answer to a request."""
    event = copy.deepcopy(sample(name))
    event["detail"]["correlationId"] = correlation_id
    return event


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def check_outcomes(pipeline):
    """Every outcome ends the execution that waits for it, as docs/events.md says."""
    matched = {path.stem for path in (ROOT / "events/outcome").glob("*.json")
               if sample(path.stem)["detail-type"] in pipeline.rule["detail-type"]}
    check(matched == set(EXPECTED), f"samples that the rule matches: {sorted(matched ^ set(EXPECTED))}")
    for name, (status, error) in EXPECTED.items():
        account = sample(name)["detail"].get("awsAccountId", ACCOUNT)
        execution, correlation_id = pipeline.ask(account)
        answered = pipeline.end(pipeline.start("Answer", outcome(name, correlation_id)))
        check(answered["status"] == "SUCCEEDED", f"{name}: {answered}")
        ended = pipeline.end(execution)
        check((ended["status"], ended.get("error")) == (status, error), f"{name}: {ended}")
        if error:
            check(ended["cause"] == sample(name)["detail"]["summary"], f"{name}: {ended['cause']}")
        else:
            check(json.loads(ended["output"])["outcome"] == sample(name)["detail"]["outcome"], f"{name}: {ended}")
        check(pipeline.waiting() == [], f"{name}: the task token is left")


def check_other_account(pipeline):
    """An outcome about another AWS account does not end the wait; that of the account does."""
    execution, correlation_id = pipeline.ask("210987654321")
    pipeline.end(pipeline.start("Answer", outcome("registered-created", correlation_id)))
    check(pipeline.states.describe_execution(executionArn=execution)["status"] == "RUNNING", "ended by another account")
    event = outcome("registered-created", correlation_id)
    event["detail"]["awsAccountId"] = "210987654321"
    for _delivery in range(2):
        answered = pipeline.end(pipeline.start("Answer", event))
        check(answered["status"] == "SUCCEEDED", f"the second delivery: {answered}")
    check(pipeline.end(execution)["status"] == "SUCCEEDED", "not ended by its account")


def check_early_outcome(pipeline):
    """If no task token is there, the state machine looks once more. Then nobody waits for the outcome."""
    answered = pipeline.end(pipeline.start("Answer", outcome("registered-created", "nobody")))
    check(answered["status"] == "SUCCEEDED", f"nobody waits: {answered}")
    history = pipeline.states.get_execution_history(executionArn=answered["executionArn"], maxResults=100)["events"]
    entered = [event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event]
    check(entered == ["Find", "IsFound", "Pause", "Again", "Find", "IsFound", "NobodyWaits"], f"{entered}")


def check_timeout(pipeline):
    """Without an outcome, the execution fails and forgets its task token."""
    execution, _correlation_id = pipeline.ask(ACCOUNT)
    ended = pipeline.end(execution)
    check((ended["status"], ended.get("error")) == ("FAILED", "Gangway.NoAnswer"), f"{ended}")
    check(pipeline.waiting() == [], "the task token is left")


def main():
    # moto logs each state that ends with an error.
    logging.disable(logging.CRITICAL)
    # moto accepts any credentials, and boto3 needs some.
    os.environ.update(AWS_ACCESS_KEY_ID="example", AWS_SECRET_ACCESS_KEY="example")
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        pipeline = Pipeline(timeout_seconds=600)
        for check_case in (check_outcomes, check_other_account, check_early_outcome):
            check_case(pipeline)
        check_timeout(Pipeline(timeout_seconds=2))
    print(f"vending-pipeline.yaml: {len(EXPECTED)} outcomes, other account, early outcome, timeout: right")


if __name__ == "__main__":
    sys.exit(main())
