"""What is fetched next, from whom and when: scope, shape budgets, server groups, pacing, the dispatcher."""
