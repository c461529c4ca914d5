package peers

// OlderForTest is older.
var OlderForTest = older
