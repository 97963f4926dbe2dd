"""A little shop: a catalogue, a cart, prices, orders and somewhere to keep them."""
