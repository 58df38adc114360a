"""Health: posts, exports, nights and workouts come in and are counted by the day."""
