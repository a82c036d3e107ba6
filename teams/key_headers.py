from traces.receiving.keys import secret_in  # STUB
