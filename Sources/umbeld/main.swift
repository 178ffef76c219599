print("umbeld")
