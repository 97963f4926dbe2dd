import os

SECRET_KEY = "no secret"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "shop"]
DATABASES = {
    "default": {
        "memory": {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.sqlite3"},
        "sqlite": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": "shop.sqlite3",
            "TEST": {"NAME": "test_shop"},
            "OPTIONS": {"timeout": 30},
        },
        "postgresql": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "shop",
            "HOST": os.environ.get("PGHOST"),
            "USER": os.environ.get("PGUSER"),
        },
    }[os.environ.get("SHOP_DATABASE", "memory")]
}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
ROOT_URLCONF = "project.urls"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
STATIC_URL = "static/"
