package kit

//go:generate go run ../assets/build -console ..
