"""When Signals itself is in trouble: found once a minute, told once when it begins and once when
it is over, to the owners and admins of the team and to whoever is told by an alert that sleeps
meanwhile."""
