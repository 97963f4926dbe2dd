def double(number):
    return 2 * number


def half(number):
    return number / 2
