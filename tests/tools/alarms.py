"""Checks that template.yaml has an alarm for everything that an operator must see."""

# Where a template, or a function's environment, names a dead-letter queue.
DEAD_LETTERS = {"DeadLetterConfig", "deadLetterTargetArn", "OnFailure", "GANGWAY_DEAD_LETTER_QUEUE_URL"}


def referred(value):
    """Returns the resource that `!Ref` or `!GetAtt` names."""
    return value.get("Ref") or value["Fn::GetAtt"][0]


def dead_letters(part):
    """Yields every dead-letter queue of the template."""
    if isinstance(part, list):
        for it in part:
            yield from dead_letters(it)
    elif isinstance(part, dict):
        for name, it in part.items():
            if name in DEAD_LETTERS:
                yield referred(it.get("Arn") or it.get("Destination") or it)
            else:
                yield from dead_letters(it)


def faults(template, functions):
    """Yields dead-letter queues, function errors and throttles that have no alarm."""
    resources = template["Resources"]
    made = {id: it for id, it in resources.items() if it["Type"] == "AWS::CloudWatch::Alarm"}
    for queue in sorted({*dead_letters(template)}):
        looks = {
            "Namespace": "AWS/SQS",
            "MetricName": "ApproximateNumberOfMessagesVisible",
            "Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}],
            "Threshold": 0,
            "ComparisonOperator": "GreaterThanThreshold",
        }
        fits = [it for it in made.values() if all(it["Properties"].get(name) == value for name, value in looks.items())]
        if not any(it.get("Condition") == resources[queue].get("Condition") for it in fits):
            yield f"no alarm tells that a message is in {queue}"
    there = {(id, it.get("Condition")) for id, it in functions.items()}
    for id, metric in [("FunctionErrors", "Errors"), ("FunctionsThrottled", "Throttles")]:
        total, *each = made[id]["Properties"]["Metrics"]
        seen = {*summands(each, metric)}
        for function, condition in sorted(there ^ seen, key=str):
            yield f"{id} does not look at {metric} of {function} exactly where it is deployed ({condition or 'always'})"
        if total != {"Id": "all", "Label": metric.lower(), "Expression": "SUM(METRICS())"}:
            yield f"{id} looks at something else than the sum of all functions"


def summands(metrics, name):
    """Returns (function, condition) of every metric of this name that a metric expression adds."""
    for it in metrics:
        condition, it, _ = it["Fn::If"] if "Fn::If" in it else (None, it, None)
        metric = it["MetricStat"]["Metric"]
        if (metric["Namespace"], metric["MetricName"], it["ReturnData"]) == ("AWS/Lambda", name, False):
            [dimension] = metric["Dimensions"]
            yield referred(dimension["Value"]), condition
