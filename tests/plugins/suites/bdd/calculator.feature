Feature: Calculator
  Scenario: Adding
    Given the number 1
    When I add 2
    Then I have 3

  Scenario Outline: Adding more
    Given the number <first>
    When I add <second>
    Then I have <sum>

    Examples:
      | first | second | sum |
      | 1     | 1      | 2   |
      | 2     | 3      | 5   |
      | 2     | 3      | 6   |
