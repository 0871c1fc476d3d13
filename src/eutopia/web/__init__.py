"""The municipality's working place: a Django site around the core, thin."""
