"""What the cells say: their kinds, the types that follow, the names and order of columns, the contract."""
