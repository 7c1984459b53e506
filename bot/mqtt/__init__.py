"""The MQTT outlet: Home Assistant, Node-RED, openHAB. Imported only where `mqtt` is configured."""
