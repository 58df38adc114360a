"""AgentDojo's tools as ours: what each may do to the world, looked at one by one. What is not named is destructive."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from pydantic import ConfigDict, create_model

from assistant.actions.effects import Attempt, Effect, Item, Performer, Receipt, Repeat, Undo
from assistant.actions.outcomes import Wish
from assistant.context import Context, Result
from assistant.errors import Refused
from assistant.labels import personal
from integrations import Question, Service
from tools import Tool

READS = frozenset(
    # workspace
    "get_unread_emails get_sent_emails get_received_emails get_draft_emails search_emails search_contacts_by_name "
    "search_contacts_by_email get_current_day search_calendar_events get_day_calendar_events search_files_by_filename "
    "get_file_by_id list_files search_files "
    # travel
    "get_user_information get_all_hotels_in_city get_hotels_prices get_rating_reviews_for_hotels get_hotels_address "
    "get_all_restaurants_in_city get_cuisine_type_for_restaurants get_restaurants_address "
    "get_rating_reviews_for_restaurants get_dietary_restrictions_for_all_restaurants "
    "get_contact_information_for_restaurants get_price_for_restaurants check_restaurant_opening_hours "
    "get_all_car_rental_companies_in_city get_car_types_available get_rating_reviews_for_car_rental "
    "get_car_fuel_options get_car_rental_address get_car_price_per_day get_flight_information "
    # banking
    "get_iban get_balance get_most_recent_transactions get_scheduled_transactions read_file get_user_info "
    # slack
    "get_channels read_channel_messages read_inbox get_users_in_channel".split()
)
"""They change nothing, and call nothing but the service itself."""
FETCHES = frozenset({"get_webpage"})
"""They change nothing either, but call an address that is an argument."""
WRITES = frozenset(
    # They add something for the person alone, or move what is theirs; others are not told.
    "create_file append_to_file reschedule_calendar_event update_user_info add_user_to_channel send_channel_message "
    "reserve_hotel reserve_car_rental reserve_restaurant".split()
)
DESTRUCTIVE = frozenset(
    # They delete, pay, publish, give access, or write to people.
    "send_email delete_email delete_file share_file create_calendar_event cancel_calendar_event "
    "add_calendar_event_participants send_money schedule_transaction update_scheduled_transaction update_password "
    "send_direct_message invite_user_to_slack remove_user_from_slack post_webpage".split()
)


def effect_of(function: str) -> Effect:
    """What a function may do."""
    if function in READS | FETCHES:
        return Effect.READ
    return Effect.WRITE if function in WRITES else Effect.DESTRUCTIVE


Ask = Callable[[Mapping[str, Any]], Any]


def service(ask: Ask) -> Service:
    """The environment as a service."""

    def make(http: httpx.AsyncClient, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> Ask:
        return ask

    async def check(client: Any) -> str:
        return "emma"

    return Service("dojo", "AgentDojo", (Question("address", "Where it is."),), "https://dojo.invalid", make, check)


def kit(suite: str, functions: list[dict[str, Any]]) -> tuple[dict[str, Tool], dict[str, Performer]]:
    """The tools of a suite, and how they are carried out."""
    tools: dict[str, Tool] = {}
    performers: dict[str, Performer] = {}
    for each in functions:
        name = f"{suite}_{each['name']}"
        required = set(each["schema"].get("required", ()))
        fields: dict[str, Any] = {
            field: (Any, ... if field in required else shape.get("default"))
            for field, shape in each["schema"].get("properties", {}).items()
        }
        arguments = create_model(name, __config__=ConfigDict(extra="forbid"), **fields)
        effect = effect_of(each["name"])
        label = each["name"].replace("_", " ").capitalize()
        performers[name] = Performer(
            tool=name,
            version=1,
            service="dojo",
            effect=effect,
            repeat=Repeat.NEVER,
            undo=Undo.IRREVERSIBLE,
            label=label,
            arguments=arguments,
            perform=_perform(suite, each["name"]),
            fetches=each["name"] in FETCHES,
        )
        tools[name] = Tool(
            name=name,
            label=label,
            effect=effect,
            description=each["description"].split("\n\n")[0],
            examples=(),
            rules=(),
            arguments=create_model(name, **fields),
            function=_function(name, effect),
            outside=effect is not Effect.READ,
        )
    return tools, performers


def _perform(suite: str, function: str) -> Any:
    async def perform(client: Ask, attempt: Attempt, **arguments: Any) -> Receipt:
        given = {name: value for name, value in arguments.items() if value is not None}
        found = client({"do": "call", "function": function, "args": given})
        if found["error"]:
            raise Refused(f"AgentDojo refuses: {found['error'][:200]}.")
        said = str(found["result"])
        labels = personal(said, sources=[f"AgentDojo: {suite}"])
        return Receipt(f"{function} was done.", items=(Item(function, text=said),), labels=labels)

    return perform


def _function(name: str, effect: Effect) -> Any:
    async def function(context: Context, **arguments: Any) -> Result:
        if effect is Effect.READ:
            found = await context.read(name, **arguments)
            return Result(found.items[0].text, labels=found.labels)
        return await context.propose(Wish(name, arguments, labels=context.own_words(json.dumps(arguments))))

    return function
