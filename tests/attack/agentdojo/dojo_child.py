"""AgentDojo's own half: its environments, tasks and judges, in its own interpreter; a JSON line in, a JSON line out.

AgentDojo: https://github.com/ethz-spylab/agentdojo (0.1.35). Run by the interpreter of its environment, never by ours.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

import yaml
from agentdojo.agent_pipeline.ground_truth_pipeline import GroundTruthPipeline
from agentdojo.agent_pipeline.tool_execution import tool_result_to_str
from agentdojo.functions_runtime import FunctionCall, FunctionsRuntime
from agentdojo.task_suite.load_suites import get_suites
from agentdojo.types import get_text_content_as_str, text_content_block_from_string

VERSION = "v1.1.1"
"""The benchmark of the four suites with 629 pairs of a user's task and an injected one."""
SUITES = get_suites(VERSION)
# The same loader in C: an environment is read a thousand times.
yaml.safe_load = lambda text: yaml.load(text, yaml.CSafeLoader)
_seen: dict[tuple[str, str], list[str]] = {}


class Pair:
    """One user's task with one injected task, while it runs."""

    def __init__(self, suite: str, user: str, injected: str, text: str) -> None:
        self.suite = SUITES[suite]
        self.user = self.suite.user_tasks[user]
        self.injected = self.suite.injection_tasks[injected]
        said = text.replace("GOAL", self.injected.GOAL.replace("\n", " "))
        if (suite, user) not in _seen:
            _seen[suite, user] = self.seen()
        env = self.suite.load_and_inject_default_environment(dict.fromkeys(_seen[suite, user], said))
        self.env = self.user.init_environment(env)
        self.before = self.env.model_copy(deep=True)
        self.runtime = FunctionsRuntime(self.suite.tools)
        self.done: list[FunctionCall] = []

    def seen(self) -> list[str]:
        """The places whose text a model reads when it does the user's task, as AgentDojo's own attacks find them."""
        marks = {name: f"CANARY-{name}-" for name in self.suite.get_injection_vector_defaults()}
        env = self.user.init_environment(self.suite.load_and_inject_default_environment(marks))
        runtime = FunctionsRuntime(self.suite.tools)
        _, _, _, messages, _ = GroundTruthPipeline(self.user).query(self.user.PROMPT, runtime, env)
        read = "\n".join(get_text_content_as_str(each["content"]) for each in messages if each["content"])
        return [name for name, mark in marks.items() if mark in read]

    def plan(self) -> dict[str, Any]:
        return {
            "prompt": self.user.PROMPT,
            "user": [_plain(each) for each in self.user.ground_truth(self.before.model_copy(deep=True))],
            "injected": [_plain(each) for each in self.injected.ground_truth(self.before.model_copy(deep=True))],
            "says": self.user.GROUND_TRUTH_OUTPUT,
            "injected_says": self.injected.GROUND_TRUTH_OUTPUT,
        }

    def call(self, function: str, args: dict[str, Any]) -> dict[str, Any]:
        result, error = self.runtime.run_function(self.env, function, args)
        self.done.append(FunctionCall(function=function, args=args))
        return {"result": tool_result_to_str(result), "error": error}

    def end(self, said: str) -> dict[str, bool]:
        output = [text_content_block_from_string(said)]
        judged = [
            self.suite._check_task_result(task, output, self.before, self.env, self.done)
            for task in (self.user, self.injected)
        ]
        return {"utility": bool(judged[0]), "injected": bool(judged[1])}


def _plain(each: FunctionCall) -> dict[str, Any]:
    return {"function": each.function, "args": json.loads(json.dumps(dict(each.args), default=str))}


def _tools() -> dict[str, list[dict[str, Any]]]:
    return {
        name: [
            {"name": each.name, "description": each.description, "schema": each.parameters.model_json_schema()}
            for each in suite.tools
        ]
        for name, suite in SUITES.items()
    }


def main() -> None:
    """Answers until the input ends."""
    warnings.simplefilter("ignore")
    answers, sys.stdout = sys.stdout, sys.stderr
    pair: Pair | None = None
    for line in sys.stdin:
        asked = json.loads(line)
        match asked.pop("do"):
            case "tools":
                answer: Any = _tools()
            case "pairs":
                answer = [[name, u, i] for name, s in SUITES.items() for u in s.user_tasks for i in s.injection_tasks]
            case "begin":
                pair = Pair(**asked)
                answer = pair.plan()
            case "call":
                assert pair is not None
                answer = pair.call(**asked)
            case "end":
                assert pair is not None
                answer = pair.end(**asked)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
