"""What the server accepts and honours: tables of fields, filters and orders, and the checks made from them."""
