"""The catalogue of health metrics: what Health Auto Export calls them, what people call them, and what is possible."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from assistant.figures import units


class Kind(StrEnum):
    """How readings of a metric come together."""

    TOTAL = "total"
    """A day's value is the sum of its readings."""
    LEVEL = "level"
    """A day's value is the mean of its readings."""
    NIGHT = "night"
    """One value for each night, made from all that is known of sleep."""
    WORKOUT = "workout"
    """Of each workout."""


@dataclass(frozen=True)
class Metric:
    """One metric, or one thing that is known of nights or workouts.

    Attributes:
        key: As Health Auto Export names it, and as it is stored.
        title: For the person: "resting heart rate".
        words: What else people say, lower case.
        unit: In which it is stored.
        shown: In which it is shown as long as nothing came in another unit.
        low, high: Both possible still; what lies outside is kept and marked.
        decimals: With which it is shown in `shown`.
    """

    key: str
    title: str
    words: tuple[str, ...]
    kind: Kind
    unit: str
    shown: str
    low: float
    high: float
    decimals: int = 0


# key | title | other words | unit stored | unit shown | possible from | to | decimals
_TOTALS = """
step_count | steps | step count, number of steps, step, walked steps | count | steps | 0 | 200000 | 0
active_energy | active energy | active calories, calories burned, calories burnt, move calories, active kcal, move energy, active energy burned | kJ | kcal | 0 | 100000 | 0
basal_energy_burned | resting energy | basal energy, resting calories, basal calories, basal energy burned | kJ | kcal | 0 | 50000 | 0
walking_running_distance | walking and running distance | distance walked, distance walked or run, walking distance, distance, running distance, walking + running distance | m | km | 0 | 400000 | 2
cycling_distance | cycling distance | distance cycled, biking distance, bike distance | m | km | 0 | 1200000 | 2
swimming_distance | swimming distance | distance swum | m | m | 0 | 150000 | 0
wheelchair_distance | wheelchair distance | | m | km | 0 | 400000 | 2
distance_downhill_snow_sports | downhill snow sports distance | skiing distance, snowboarding distance | m | km | 0 | 400000 | 2
flights_climbed | floors climbed | flights climbed, flights of stairs, floors, flights, stairs climbed, stairs | count | floors | 0 | 5000 | 0
push_count | wheelchair pushes | pushes, push count | count | pushes | 0 | 100000 | 0
swimming_stroke_count | swimming strokes | strokes, stroke count | count | strokes | 0 | 100000 | 0
apple_exercise_time | exercise minutes | exercise time, exercise, minutes of exercise, exercised | s | min | 0 | 86400 | 0
apple_move_time | move minutes | move time | s | min | 0 | 86400 | 0
apple_stand_time | stand minutes | standing time, stand time, time standing | s | min | 0 | 86400 | 0
apple_stand_hour | stand hours | hours stood, standing hours, stand hour | count | stand hours | 0 | 24 | 0
time_in_daylight | time in daylight | daylight, time outside, daylight minutes, sunlight | s | min | 0 | 86400 | 0
mindful_minutes | mindful minutes | mindfulness, meditation, meditation minutes, meditated | s | min | 0 | 86400 | 0
handwashing | hand washing | handwashing, washing hands | s | s | 0 | 86400 | 0
toothbrushing | tooth brushing | toothbrushing, brushing teeth | s | s | 0 | 86400 | 0
number_of_times_fallen | falls | times fallen, fell | count | falls | 0 | 1000 | 0
inhaler_usage | inhaler puffs | inhaler usage, inhaler, puffs | count | puffs | 0 | 1000 | 0
insulin_delivery | insulin | insulin delivery, insulin units | IU | IU | 0 | 1000 | 1
sexual_activity | sexual activity | sex | count | count | 0 | 100 | 0
alcohol_consumption | alcoholic drinks | alcohol, alcohol consumption, drinks | count | drinks | 0 | 200 | 0
dietary_water | water | water drunk, drinking water, water intake, hydration, dietary water | mL | mL | 0 | 30000 | 0
dietary_energy | calories eaten | dietary energy, food calories, calorie intake, energy eaten, calories consumed, energy intake | kJ | kcal | 0 | 100000 | 0
dietary_caffeine | caffeine | coffee caffeine | mg | mg | 0 | 10000 | 0
dietary_sugar | sugar | sugar eaten, dietary sugar | g | g | 0 | 5000 | 1
dietary_biotin | biotin | | mcg | mcg | 0 | 100000 | 1
carbohydrates | carbohydrates | carbs | g | g | 0 | 5000 | 1
protein | protein | proteins | g | g | 0 | 3000 | 1
total_fat | fat eaten | total fat, dietary fat | g | g | 0 | 3000 | 1
saturated_fat | saturated fat | | g | g | 0 | 2000 | 1
monounsaturated_fat | monounsaturated fat | | g | g | 0 | 2000 | 1
polyunsaturated_fat | polyunsaturated fat | | g | g | 0 | 2000 | 1
fiber | fibre | fiber, dietary fiber | g | g | 0 | 1000 | 1
cholesterol | cholesterol eaten | dietary cholesterol | mg | mg | 0 | 20000 | 0
calcium | calcium | | mg | mg | 0 | 50000 | 0
chloride | chloride | | mg | mg | 0 | 100000 | 0
chromium | chromium | | mcg | mcg | 0 | 100000 | 0
copper | copper | | mg | mg | 0 | 1000 | 1
folate | folate | folic acid | mcg | mcg | 0 | 100000 | 0
iodine | iodine | | mcg | mcg | 0 | 100000 | 0
iron | iron | | mg | mg | 0 | 10000 | 1
magnesium | magnesium | | mg | mg | 0 | 50000 | 0
manganese | manganese | | mg | mg | 0 | 10000 | 1
molybdenum | molybdenum | | mcg | mcg | 0 | 100000 | 0
niacin | niacin | vitamin b3 | mg | mg | 0 | 20000 | 1
pantothenic_acid | pantothenic acid | vitamin b5 | mg | mg | 0 | 20000 | 1
phosphorus | phosphorus | | mg | mg | 0 | 50000 | 0
potassium | potassium | | mg | mg | 0 | 100000 | 0
riboflavin | riboflavin | vitamin b2 | mg | mg | 0 | 20000 | 1
selenium | selenium | | mcg | mcg | 0 | 100000 | 0
sodium | sodium | salt | mg | mg | 0 | 200000 | 0
thiamin | thiamin | vitamin b1 | mg | mg | 0 | 20000 | 1
vitamin_a | vitamin A | | mcg | mcg | 0 | 1000000 | 0
vitamin_b12 | vitamin B12 | b12 | mcg | mcg | 0 | 1000000 | 1
vitamin_b6 | vitamin B6 | b6 | mg | mg | 0 | 20000 | 1
vitamin_c | vitamin C | | mg | mg | 0 | 200000 | 0
vitamin_d | vitamin D | | mcg | mcg | 0 | 1000000 | 1
vitamin_e | vitamin E | | mg | mg | 0 | 200000 | 1
vitamin_k | vitamin K | | mcg | mcg | 0 | 1000000 | 0
zinc | zinc | | mg | mg | 0 | 10000 | 1
"""  # noqa: E501
_LEVELS = """
heart_rate | heart rate | pulse, bpm, heartbeat, heart beat | bpm | bpm | 20 | 300 | 0
resting_heart_rate | resting heart rate | resting pulse, rhr, resting hr | bpm | bpm | 20 | 200 | 0
walking_heart_rate_average | walking heart rate | walking heart rate average, walking pulse | bpm | bpm | 30 | 250 | 0
heart_rate_variability | heart rate variability | hrv, variability | ms | ms | 0 | 500 | 0
cardio_recovery | cardio recovery | heart rate recovery, heart recovery | bpm | bpm | 0 | 200 | 0
atrial_fibrillation_burden | atrial fibrillation burden | afib burden, afib history, atrial fibrillation | % | % | 0 | 100 | 1
weight_body_mass | weight | body weight, body mass, weigh, weighed | kg | kg | 1 | 500 | 1
lean_body_mass | lean body mass | lean mass, muscle mass | kg | kg | 1 | 300 | 1
body_fat_percentage | body fat | body fat percentage, fat percentage | % | % | 1 | 80 | 1
body_mass_index | body mass index | bmi | count | count | 5 | 150 | 1
height | height | body height, how tall | m | cm | 0.3 | 2.8 | 0
waist_circumference | waist circumference | waist, waistline | m | cm | 0.2 | 3 | 1
vo2max | VO2 max | vo2max, vo2, cardio fitness, cardiorespiratory fitness | mL/(kg·min) | mL/(kg·min) | 5 | 100 | 1
respiratory_rate | breathing rate | respiratory rate, breaths per minute, respiration rate, respiration | count/min | breaths/min | 2 | 100 | 1
blood_oxygen_saturation | blood oxygen | oxygen saturation, spo2, blood oxygen saturation, oxygen | % | % | 40 | 100 | 0
blood_pressure_systolic | systolic blood pressure | systolic, upper blood pressure, systolic pressure | mmHg | mmHg | 40 | 300 | 0
blood_pressure_diastolic | diastolic blood pressure | diastolic, lower blood pressure, diastolic pressure | mmHg | mmHg | 20 | 200 | 0
blood_glucose | blood glucose | blood sugar, glucose, glucose level | mmol/L | mmol/L | 0.5 | 60 | 1
blood_alcohol_content | blood alcohol | blood alcohol content, bac | % | % | 0 | 1 | 2
body_temperature | body temperature | temperature, fever | degC | degC | 25 | 45 | 1
basal_body_temperature | basal body temperature | basal temperature | degC | degC | 25 | 45 | 2
apple_sleeping_wrist_temperature | wrist temperature | sleeping wrist temperature, wrist temperature asleep | degC | degC | 20 | 45 | 1
breathing_disturbances | breathing disturbances | sleep apnea, sleep apnoea | count | count | 0 | 500 | 1
peripheral_perfusion_index | perfusion index | peripheral perfusion index | % | % | 0 | 100 | 1
electrodermal_activity | electrodermal activity | skin conductance | µS | µS | 0 | 1000 | 1
forced_expiratory_volume_1 | forced expiratory volume | fev1 | mL | L | 0 | 15000 | 2
forced_vital_capacity | forced vital capacity | fvc, vital capacity | mL | L | 0 | 15000 | 2
peak_expiratory_flow_rate | peak flow | peak expiratory flow, peak expiratory flow rate | L/min | L/min | 0 | 1500 | 0
physical_effort | physical effort | effort, mets | MET | MET | 0 | 40 | 1
uv_exposure | UV exposure | uv index, uv | count | count | 0 | 50 | 1
underwater_depth | underwater depth | diving depth, depth | m | m | 0 | 400 | 1
underwater_temperature | water temperature | underwater temperature | degC | degC | -5 | 60 | 1
environmental_audio_exposure | environmental sound level | environmental audio exposure, noise, noise level, environmental noise | dB | dB | 0 | 200 | 0
headphone_audio_exposure | headphone sound level | headphone audio exposure, headphone volume, headphone level | dB | dB | 0 | 200 | 0
walking_speed | walking speed | walking pace | m/s | km/h | 0 | 10 | 1
walking_step_length | step length | walking step length, stride | m | cm | 0 | 3 | 0
walking_asymmetry_percentage | walking asymmetry | asymmetry | % | % | 0 | 100 | 1
walking_double_support_percentage | double support time | walking double support, double support | % | % | 0 | 100 | 1
apple_walking_steadiness | walking steadiness | steadiness | % | % | 0 | 100 | 0
six_minute_walking_test_distance | six-minute walk | six minute walk, six minute walking test, six-minute walking test distance | m | m | 0 | 2000 | 0
stair_speed_up | stair speed up | stair ascent speed, speed up the stairs | m/s | m/s | 0 | 10 | 2
stair_speed_down | stair speed down | stair descent speed, speed down the stairs | m/s | m/s | 0 | 10 | 2
running_speed | running speed | running pace, run speed | m/s | km/h | 0 | 15 | 1
running_power | running power | | W | W | 0 | 3000 | 0
running_stride_length | running stride length | stride length | m | m | 0 | 5 | 2
running_ground_contact_time | ground contact time | running ground contact time | ms | ms | 0 | 2000 | 0
running_vertical_oscillation | vertical oscillation | running vertical oscillation | m | cm | 0 | 1 | 1
cycling_speed | cycling speed | biking speed | m/s | km/h | 0 | 50 | 1
cycling_power | cycling power | biking power | W | W | 0 | 5000 | 0
cycling_cadence | cycling cadence | cadence | count/min | rpm | 0 | 400 | 0
cycling_functional_threshold_power | functional threshold power | ftp, cycling ftp | W | W | 0 | 1000 | 0
"""  # noqa: E501
_NIGHTS = """
sleep | sleep | asleep, time asleep, hours of sleep, sleeping, sleep duration, slept | s | h | 0 | 86400 | 1
sleep_deep | deep sleep | deep | s | h | 0 | 86400 | 1
sleep_rem | REM sleep | rem | s | h | 0 | 86400 | 1
sleep_core | core sleep | light sleep, core | s | h | 0 | 86400 | 1
sleep_awake | time awake at night | awake at night, awake time, time awake | s | h | 0 | 86400 | 1
sleep_in_bed | time in bed | in bed, hours in bed | s | h | 0 | 86400 | 1
bedtime | bedtime | bed time, go to bed, went to bed, fall asleep, fell asleep | min | HH:MM | -720 | 720 | 0
wake_time | wake-up time | wake up time, wake time, woke up, get up, got up, wake up | min | HH:MM | 0 | 1440 | 0
"""
_WORKOUTS = """
workouts | workouts | training sessions, trainings, work out, worked out, exercise sessions | count | workouts | 0 | 100 | 0
workout_duration | workout time | time working out, workout duration, workout minutes, training time | s | min | 0 | 172800 | 0
workout_distance | workout distance | distance in workouts | m | km | 0 | 1200000 | 2
workout_energy | workout energy | workout calories, calories burned in workouts | kJ | kcal | 0 | 100000 | 0
"""  # noqa: E501


def _read(table: str, kind: Kind) -> dict[str, Metric]:
    read = {}
    for line in table.strip().splitlines():
        key, title, words, unit, shown, low, high, decimals = (cell.strip() for cell in line.split("|"))
        others = tuple(word.strip() for word in words.split(",") if word.strip())
        read[key] = Metric(key, title, others, kind, unit, shown, float(low), float(high), int(decimals))
    return read


METRICS: dict[str, Metric] = {
    **_read(_TOTALS, Kind.TOTAL),
    **_read(_LEVELS, Kind.LEVEL),
    **_read(_NIGHTS, Kind.NIGHT),
    **_read(_WORKOUTS, Kind.WORKOUT),
}
"""By key: of readings ("total", "level"), of nights ("night") and of workouts ("workout")."""

ALIASES = {
    "active_energy_burned": "active_energy",
    "alcoholic_beverages": "alcohol_consumption",
    "basal_energy": "basal_energy_burned",
    "resting_energy": "basal_energy_burned",
    "body_mass": "weight_body_mass",
    "weight": "weight_body_mass",
    "caffeine": "dietary_caffeine",
    "cycling_ftp": "cycling_functional_threshold_power",
    "cardiorecovery": "cardio_recovery",
    "dietary_fiber": "fiber",
    "dietary_protein": "protein",
    "exercise_time": "apple_exercise_time",
    "environmental_sound_levels": "environmental_audio_exposure",
    "headphone_audio_levels": "headphone_audio_exposure",
    "heart_rate_variability_sdnn": "heart_rate_variability",
    "mindful_session": "mindful_minutes",
    "oxygen_saturation": "blood_oxygen_saturation",
    "stair_ascent_speed": "stair_speed_up",
    "stair_descent_speed": "stair_speed_down",
    "six_minute_walk_test_distance": "six_minute_walking_test_distance",
    "steps": "step_count",
    "stand_time": "apple_stand_time",
    "sleeping_wrist_temperature": "apple_sleeping_wrist_temperature",
    "vo2_max": "vo2max",
    "walking_asymmetry": "walking_asymmetry_percentage",
    "walking_double_support": "walking_double_support_percentage",
    "water": "dietary_water",
}
"""What some versions of the app, or other exporters, call a metric."""


def key_of(name: str) -> str:
    """The key of a metric by a name as it came; an unknown name comes back tidied: lower case, "_" for blanks."""
    key = "_".join(name.casefold().replace("-", " ").split())
    return ALIASES.get(key, key)


def reading_metric(key: str) -> Metric | None:
    """The metric that readings of this key are of; None for an unknown one."""
    metric = METRICS.get(key)
    return metric if metric and metric.kind in (Kind.TOTAL, Kind.LEVEL) else None


def shown_unit(metric: Metric | None, given: str) -> str:
    """In which unit a metric is shown that came in `given`: in that one, but "steps" for a bare count."""
    if metric is None:
        return units.name_of(given)
    if not given or units.conversion(given, metric.unit) is None or units.name_of(given) in ("count", "count/min"):
        return metric.shown
    return units.name_of(given)
